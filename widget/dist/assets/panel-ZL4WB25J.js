import{X as a}from"./chunk-DXF2OP4J.js";export{a as start};
