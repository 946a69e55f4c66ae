import"./chunk-HQ6MZGGM.js";import"./chunk-WMFS6PV5.js";import"./chunk-2WJESN3A.js";import"./chunk-JVURLAHB.js";import"./chunk-O6TJHFSD.js";
