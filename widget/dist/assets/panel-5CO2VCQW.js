import{X as a}from"./chunk-GKRFLO44.js";export{a as start};
