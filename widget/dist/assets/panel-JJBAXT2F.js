import{X as a}from"./chunk-3R3YJSUL.js";export{a as start};
