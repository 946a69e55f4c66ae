import{W as a}from"./chunk-IUJXAYXP.js";export{a as start};
