import{W as a}from"./chunk-ZL7XX53E.js";export{a as start};
