import{V as a}from"./chunk-Q2WKYZJP.js";export{a as start};
