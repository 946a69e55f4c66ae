import"./chunk-AATFBJTU.js";import"./chunk-WKXUENQE.js";import"./chunk-RM3CBP7R.js";import"./chunk-S7TGXSWQ.js";import"./chunk-O6TJHFSD.js";
