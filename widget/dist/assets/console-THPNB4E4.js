import"./chunk-LISIOBQK.js";import"./chunk-VFW6Q2EU.js";import"./chunk-66OKNBBH.js";import"./chunk-2BPCZHAV.js";import"./chunk-6SBEZ5SY.js";
