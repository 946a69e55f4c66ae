import{X as a}from"./chunk-PW5SQZVB.js";export{a as start};
