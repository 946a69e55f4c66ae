import"./chunk-W5ZYXNXI.js";import"./chunk-QOWLXLOJ.js";import"./chunk-NF4FPLOA.js";import"./chunk-S7TGXSWQ.js";import"./chunk-O6TJHFSD.js";
