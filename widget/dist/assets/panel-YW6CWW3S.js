import{W as a}from"./chunk-RJWGUPX4.js";export{a as start};
