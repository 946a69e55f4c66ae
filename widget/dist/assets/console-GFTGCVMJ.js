import"./chunk-HZVFPYTQ.js";import"./chunk-XX3PFEXS.js";import"./chunk-KCQXYUCF.js";import"./chunk-OFZOGUXU.js";import"./chunk-ACQKQSAH.js";
