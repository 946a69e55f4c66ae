import"./chunk-5LCDG7QG.js";import"./chunk-UHMYSTKO.js";import"./chunk-JDPWDCWK.js";import"./chunk-2BPCZHAV.js";import"./chunk-6SBEZ5SY.js";
