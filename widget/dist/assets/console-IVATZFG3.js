import"./chunk-M5A2TGQQ.js";
