import{X as a}from"./chunk-54JGJSZP.js";export{a as start};
