/* A bank that is reached by files: where, and as whom. */
#ifndef REDRESS_PAYMENT_BANK_FOLDER_H
#define REDRESS_PAYMENT_BANK_FOLDER_H

struct bank_folder {
    const char *path; /* files/folder.h says what is in it */
    const char *name; /* who pays, as the bank knows us; "" = not told */
    const char *bic;  /* of the bank; "" = not told */
};

#endif
