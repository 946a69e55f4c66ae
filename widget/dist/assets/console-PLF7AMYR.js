import"./chunk-YLRJCPII.js";import"./chunk-GR6HHBD6.js";import"./chunk-QV274T5C.js";import"./chunk-S7TGXSWQ.js";import"./chunk-O6TJHFSD.js";
