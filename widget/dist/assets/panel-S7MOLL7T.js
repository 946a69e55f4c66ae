import{W as a}from"./chunk-GYMCT2KK.js";export{a as start};
