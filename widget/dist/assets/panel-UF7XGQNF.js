import{X as a}from"./chunk-FJNSFTDQ.js";export{a as start};
