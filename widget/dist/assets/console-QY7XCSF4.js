import"./chunk-VNTGLDRM.js";import"./chunk-76KIVELU.js";import"./chunk-NKAMRE66.js";import"./chunk-2BPCZHAV.js";import"./chunk-6SBEZ5SY.js";
