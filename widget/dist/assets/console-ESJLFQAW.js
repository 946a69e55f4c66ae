import"./chunk-TSXLYDLR.js";import"./chunk-KPJSPBA5.js";import"./chunk-6CQ6ZSBT.js";import"./chunk-2BPCZHAV.js";import"./chunk-6SBEZ5SY.js";
