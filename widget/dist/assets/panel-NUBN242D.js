import{V as a}from"./chunk-HTHFJWL4.js";export{a as start};
