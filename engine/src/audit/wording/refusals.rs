//! The words for what could not be done, as errors have them, and for what is neither a refusal nor a failure.

use crate::text::vocabulary;

vocabulary! {
    /// Why something was refused or could not be done: the codes of the engine's errors that stand in the log.
    pub(super) enum Refusal, "a refusal" {
        NoStore = "no_store", "there is no store", "データベースがありません";
        Exists = "exists", "there already", "すでに存在します";
        NotPermitted = "not_permitted", "not permitted", "許可されていません";
        NoKey = "no_key", "the store key is missing", "データベースの鍵がありません";
        BadKey = "bad_key", "the store key is none", "鍵ファイルの内容が不正です";
        WrongKey = "wrong_key", "the key of another store", "別のデータベースの鍵です";
        StoreReplaced = "store_replaced", "the store was replaced", "データベースが置き換えられました";
        StoreCorrupt = "store_corrupt", "the store is damaged", "データベースが破損しています";
        FileExchanged = "file_exchanged", "the file was exchanged", "ファイルがすり替えられました";
        StoreForeign = "store_foreign", "another program's database", "別のプログラムのデータベースです";
        StoreFormat = "store_format", "another version's store", "別の版のデータベースです";
        StoreBusy = "store_busy", "the store was busy", "データベースが使用中です";
        StoreFailed = "store_failed", "the store failed", "データベースの処理に失敗しました";
        DiskFull = "disk_full", "the disk is full", "ディスクの空きがありません";
        NotFound = "not_found", "not found", "見つかりません";
        Retired = "retired", "the person has left", "退職済みの利用者です";
        Sponsor = "sponsor", "still somebody's sponsor", "保守業者の責任者になっています";
        CardBound = "card_bound", "the card is somebody else's", "別の利用者のカードです";
        CardReturned = "card_returned", "the card was returned", "返却済みのカードです";
        Invalid = "invalid", "out of its limits", "制限の範囲外です";
        NoCamera = "no_camera", "no camera", "カメラがありません";
        CameraBusy = "camera_busy", "another program uses the camera", "カメラが別のプログラムで使用中です";
        CameraUnsupported = "camera_unsupported", "the camera has no usable format", "カメラの形式に対応していません";
        CameraStalled = "camera_stalled", "the camera stopped giving pictures", "カメラの映像が止まりました";
        CameraFailed = "camera_failed", "the camera failed", "カメラが故障しています";
        CameraVirtual = "camera_virtual", "a program in place of a camera", "仮想カメラは使用できません";
        CameraBlack = "camera_black", "the camera shows nothing but black", "カメラの映像が真っ暗です";
        CameraFrozen = "camera_frozen", "the camera shows the same picture again and again", "カメラの映像が静止しています";
        NoCardService = "no_card_service", "the card service is not running", "カードサービスが動作していません";
        NoReader = "no_reader", "no card reader", "カードリーダーがありません";
        ReaderBusy = "reader_busy", "another program uses the reader", "リーダーが別のプログラムで使用中です";
        CardRemoved = "card_removed", "the card was taken away too early", "カードの読み取りが中断されました";
        CardUnreadable = "card_unreadable", "the card could not be read", "カードを読み取れません";
        ReaderStuck = "reader_stuck", "the reader does not answer", "リーダーが応答しません";
        ReaderFailed = "reader_failed", "the reader failed", "リーダーが故障しています";
        NoModel = "no_model", "the model pack is missing", "モデルがありません";
        WrongHash = "wrong_hash", "a model was changed", "モデルが変更されています";
        ModelUnreadable = "model_unreadable", "a model cannot be read", "モデルを読み取れません";
        BadManifest = "bad_manifest", "the model pack's manifest is wrong", "モデルの定義が不正です";
        BadModel = "bad_model", "a model cannot be used", "モデルを使用できません";
        NoRuntime = "no_runtime", "the inference runtime is missing", "推論ランタイムがありません";
        NotPinned = "not_pinned", "no model is pinned", "モデルが固定されていません";
        NotANumber = "not_a_number", "a net gave no number", "推論結果が不正です";
        OtherModel = "other_model", "a template of another model", "別のモデルのテンプレートです";
        OtherRotation = "other_rotation", "a template of another rotation", "別の回転鍵のテンプレートです";
        NotCalibrated = "not_calibrated", "no threshold for this model", "しきい値が校正されていません";
        BadTemplate = "bad_template", "a template is damaged", "テンプレートが不正です";
        NoRotation = "no_rotation", "the rotation of templates is missing", "テンプレートの回転鍵がありません";
        BadPicture = "bad_picture", "not a usable picture", "画像が不正です";
        Unreadable = "unreadable", "cannot be read", "読み取れません";
        BadRate = "bad_rate", "not a usable frame rate", "フレームレートが不正です";
        BadCard = "bad_card", "not a usable card number", "カード番号が不正です";
        CardNeeded = "card_needed", "a card is needed", "カードが必要です";
        WrongPassword = "wrong_password", "the password is wrong", "パスワードが正しくありません";
        WeakPassword = "weak_password", "the password is too weak", "パスワードが弱すぎます";
        PasswordReused = "password_reused", "the password is in use elsewhere", "パスワードの使い回しです";
        BadSecret = "bad_secret", "not a usable secret", "入力された秘密が不正です";
        BadLogin = "bad_login", "not a usable login", "ログイン情報が不正です";
        BadReason = "bad_reason", "no reason was given", "理由が入力されていません";
        CodeMistyped = "code_mistyped", "the code was mistyped", "コードの入力誤りです";
        NoMemory = "no_memory", "out of memory", "メモリーが不足しています";
        NoRandom = "no_random", "no random numbers", "乱数を取得できません";
        NoClock = "no_clock", "no clock", "時計を読み取れません";
        Locked = "locked", "locked after too many failed tries", "失敗が続いたためロック中です";
        BadList = "bad_list", "not a list of people", "利用者一覧の形式が不正です";
        ListRefused = "list_refused", "rows of the list were refused", "一覧に受け付けられない行があります";
        NotForOneself = "not_for_oneself", "not permitted for oneself", "本人に関する操作はできません";
        ChangedMeanwhile = "changed_meanwhile", "changed by somebody else meanwhile", "他の操作で変更されていました";
        NoRight = "no_right", "without the right", "権限がありません";
        LastAdministrator = "last_administrator", "the last administrator must stay", "最後の管理者です";
        BadPolicy = "bad_policy", "the policy has faults", "ポリシーに誤りがあります";
        NoPolicy = "no_policy", "the policy has no such purpose here", "ポリシーで許可されていない目的です";
        GrantEnded = "grant_ended", "the access was over", "アクセスは終了しています";
        GrantProvisional = "grant_provisional", "the system has not confirmed the password", "システムの確認待ちです";
        NoGrant = "no_grant", "no such access", "該当するアクセスがありません";
        NoAudience = "no_audience", "the policy signs nothing for it", "署名の対象として登録されていません";
        AskAgain = "ask_again", "the person must be asked again", "都度認証が必要です";
        OnlyClaimed = "only_claimed", "who it is was only claimed", "本人確認が自己申告のみです";
        NoLogin = "no_login", "no login for the application", "ログイン情報がありません";
        LoginSuspended = "login_suspended", "the login is suspended", "ログイン情報が停止されています";
        NotRemote = "not_remote", "remote use is not permitted", "遠隔からの利用は許可されていません";
        OutletUnreachable = "outlet_unreachable", "it cannot be reached", "接続できません";
        OutletUntrusted = "outlet_untrusted", "it did not prove who it is", "証明書を確認できません";
        OutletBroken = "outlet_broken", "it broke off", "通信が途中で切れました";
        OutletUnconfirmed = "outlet_unconfirmed", "it did not confirm the receipt", "受信を確認できません";
        OutletBadFile = "outlet_bad_file", "a certificate's file cannot be used", "証明書のファイルを使用できません";
        OutletNotWritten = "outlet_not_written", "it cannot be written", "書き込めません";
        OutletNoCopy = "outlet_no_copy", "the copy is not there", "複製ファイルが見つかりません";
        OutletStuck = "outlet_stuck", "it does not answer", "応答がありません";
        OtherFingerprint = "other_fingerprint", "another terminal's fingerprint", "別の端末の指紋です";
        PairingForNothing = "pairing_for_nothing", "nothing that may pass", "送受信できるものがありません";
        TerminalItself = "terminal_itself", "this terminal itself", "この端末自身です";
        TerminalPaired = "terminal_paired", "paired already", "ペアリング済みです";
        NotPaired = "not_paired", "not paired", "ペアリングされていません";
        NotASuccessor = "not_a_successor", "keys that do not follow from the pinned ones", "登録済みの鍵の後継ではありません";
        OtherDevice = "other_device", "not the pinned device", "固定された機器ではありません";
    }
}

vocabulary! {
    /// What an entry adds to its operation.
    pub(super) enum Note, "a note" {
        Claimed = "claimed", "claimed, with an emergency code", "緊急コードによる自己申告";
        ClaimedInDisaster = "claimed_in_disaster", "claimed, in a disaster", "災害モードでの自己申告";
        Forward = "forward", "forward", "未来へ";
        Back = "back", "back", "過去へ";
        Consent = "consent", "consent given", "同意の取得";
        ConsentEnd = "consent_end", "consent withdrawn", "同意の撤回";
        TakeIn = "take_in", "taken in", "取り込み";
        Disable = "disable", "disabled", "無効化";
        MonthlyReview = "monthly_review", "for a monthly review", "月次確認のため";
    }
}
