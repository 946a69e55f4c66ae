import"./chunk-Z5HM64NO.js";import"./chunk-XWGHFMBQ.js";import"./chunk-OFBG7E7L.js";import"./chunk-2USWCQXD.js";
