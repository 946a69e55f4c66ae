import{X as a}from"./chunk-X3HQX4ZC.js";export{a as start};
