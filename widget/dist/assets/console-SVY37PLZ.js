import"./chunk-WC5VMCJW.js";import"./chunk-3OX2DAVB.js";import"./chunk-RSIURZMW.js";import"./chunk-EZHLXXMB.js";import"./chunk-WBIS33W2.js";
