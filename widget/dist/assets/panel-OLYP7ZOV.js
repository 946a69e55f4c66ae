import{X as a}from"./chunk-LRGBEEN2.js";export{a as start};
