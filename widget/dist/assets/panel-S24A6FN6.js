import{X as a}from"./chunk-XEI7NDPF.js";export{a as start};
