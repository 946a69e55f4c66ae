import{X as a}from"./chunk-QUJGCQJQ.js";export{a as start};
