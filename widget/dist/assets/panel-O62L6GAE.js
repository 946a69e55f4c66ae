import{X as a}from"./chunk-WJMHBJ7H.js";export{a as start};
