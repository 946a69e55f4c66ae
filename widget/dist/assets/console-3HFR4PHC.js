import"./chunk-H5TMD23Q.js";
