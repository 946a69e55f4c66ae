import"./chunk-RBM53VVL.js";import"./chunk-CFUQ4DH7.js";import"./chunk-DEXS2CPL.js";import"./chunk-EZHLXXMB.js";import"./chunk-WBIS33W2.js";
