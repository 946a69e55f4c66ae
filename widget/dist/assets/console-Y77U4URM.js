import"./chunk-JVPILQTB.js";import"./chunk-NNEMPZJI.js";import"./chunk-DLWXKSJL.js";import"./chunk-EZHLXXMB.js";import"./chunk-WBIS33W2.js";
