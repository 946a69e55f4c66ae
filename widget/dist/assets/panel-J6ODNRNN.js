import{X as a}from"./chunk-XWI6H63R.js";export{a as start};
