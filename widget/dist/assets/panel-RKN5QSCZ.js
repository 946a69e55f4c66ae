import{W as a}from"./chunk-GGC5CKYM.js";export{a as start};
