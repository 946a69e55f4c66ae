import{X as a}from"./chunk-T6HAW34J.js";export{a as start};
