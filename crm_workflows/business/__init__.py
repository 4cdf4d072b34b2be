"""What the procedures' steps do to suppliers, customers and complaints. It sees the engine's ports, never adapters.

Registers: `suppliers`, `customers`, `complaint_register`, with all that happened in `histories` and `customer_file`.
Judging, pure: `recognition`, `tiering`, `complaint_words`, and near names in `duplicates`. Callbacks: `rounds` are set
up, `calling` carries them out, `levelling` hands out what each person can do, `callbacks` keeps what came of them;
`events`, `surveys`, `payments`, `retiering` and `plans` bring further ones. Complaints that come by mail:
`complaint_desk`, `complaint_mail`, `complaint_filing`, `complaint_doubt`, `complaint_alarm`. Tables in and out:
`imports`. What is measured: `figures`.
"""
