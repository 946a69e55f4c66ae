import{X as a}from"./chunk-6S3Z6GI7.js";export{a as start};
