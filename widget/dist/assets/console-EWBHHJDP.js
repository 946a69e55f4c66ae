import"./chunk-QKVNDKY2.js";import"./chunk-QEHCXD7D.js";import"./chunk-RAD2QL7Y.js";import"./chunk-S7TGXSWQ.js";import"./chunk-O6TJHFSD.js";
