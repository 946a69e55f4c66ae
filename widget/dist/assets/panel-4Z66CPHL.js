import{V as a}from"./chunk-ZGNVXXMI.js";export{a as start};
