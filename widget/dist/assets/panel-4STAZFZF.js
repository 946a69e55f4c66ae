import{X as a}from"./chunk-3NNSY5QR.js";export{a as start};
