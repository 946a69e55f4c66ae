import{X as a}from"./chunk-3YQVJZSR.js";export{a as start};
