import{X as a}from"./chunk-TDNPYKF4.js";export{a as start};
