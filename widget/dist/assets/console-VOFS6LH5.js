import"./chunk-2QOKTOB4.js";import"./chunk-RBLUF6MV.js";import"./chunk-CU6QRJSN.js";import"./chunk-Z3EU7JXS.js";import"./chunk-O6TJHFSD.js";
