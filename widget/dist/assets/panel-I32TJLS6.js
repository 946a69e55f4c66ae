import{V as a}from"./chunk-FOCK3TNL.js";export{a as start};
