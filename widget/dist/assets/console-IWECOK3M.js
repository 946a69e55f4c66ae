import"./chunk-CNR4RHXU.js";import"./chunk-QWXJCUSC.js";import"./chunk-OXSC7AMV.js";import"./chunk-Z3EU7JXS.js";import"./chunk-O6TJHFSD.js";
