import{X as a}from"./chunk-EMO6P24E.js";export{a as start};
