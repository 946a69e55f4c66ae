import"./chunk-UK4CG3HX.js";import"./chunk-XX3PFEXS.js";import"./chunk-SZPIPKGE.js";import"./chunk-RCBTCWZM.js";import"./chunk-ACQKQSAH.js";
