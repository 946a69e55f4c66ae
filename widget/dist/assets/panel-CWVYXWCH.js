import{X as a}from"./chunk-VBR5KQBR.js";export{a as start};
