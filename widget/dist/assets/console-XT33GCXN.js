import"./chunk-ST4LGWM4.js";import"./chunk-7F4ZTR3F.js";import"./chunk-6KRSVNTY.js";import"./chunk-HSXFCQOL.js";import"./chunk-HG43B5DS.js";
