import"./chunk-6BDYS6WU.js";import"./chunk-ZYZM3SVX.js";import"./chunk-533IVTOW.js";import"./chunk-2BPCZHAV.js";import"./chunk-6SBEZ5SY.js";
