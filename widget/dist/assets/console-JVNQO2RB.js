import"./chunk-N6O6GLLD.js";import"./chunk-XX3PFEXS.js";import"./chunk-FO42DVI2.js";import"./chunk-BRRZ45DD.js";import"./chunk-ACQKQSAH.js";
