"""Names of the fields that Reddit's things are known to have, by kind: those of recorded answers of 2014 to 2026 and of
its documentation; others are drift. Pure."""

from __future__ import annotations

from collections.abc import Mapping

KNOWN: Mapping[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "Listing": "after before children dist facets geo_filter modhash whitelist_status",
        "more": "children count depth id name parent_id",
        "people": "after before children dist geo_filter modhash",
        "person": "author_flair_css_class author_flair_text date days_left id mod_permissions name note rel_id",
        "rules": "rules site_rules site_rules_flow",
        "rule": "created_utc description description_html kind priority short_name violation_reason",
        "wikipage": "content_html content_md may_revise reason revision_by revision_date revision_id",
        "modaction": "action created_utc description details id mod mod_id36 sr_id36 subreddit subreddit_name_prefixed"
        " target_author target_body target_fullname target_permalink target_title",
        "t1": "all_awardings approved approved_at_utc approved_by archived associated_award"
        " associated_awarding_id author author_cakeday author_flair_background_color author_flair_css_class"
        " author_flair_richtext author_flair_template_id author_flair_text author_flair_text_color"
        " author_flair_type author_fullname author_is_blocked author_is_mod author_patreon_flair"
        " author_premium awarders ban_note banned_at_utc banned_by body body_html can_gild can_mod_post"
        " collapsed collapsed_because_crowd_control collapsed_reason collapsed_reason_code comment_type"
        " contest_mode context controversiality created created_utc depth dest distinguished downs edited"
        " expression_asset_data first_message first_message_name gilded gildings id ignore_reports"
        " is_submitter likes link_author link_id link_permalink link_title link_url locked media_metadata"
        " mod_note mod_reason_by mod_reason_title mod_reports name new no_follow num_comments num_reports"
        " over_18 parent_id permalink quarantine removal_reason removed replies report_reasons rte_mode"
        " rtjson saved score score_hidden send_replies spam steward_reports stickied subject subreddit"
        " subreddit_id subreddit_name_prefixed subreddit_type top_awarded_type total_awards_received"
        " treatment_tags type unrepliable_reason ups user_reports was_comment",
        "t2": "accept_chats accept_followers accept_pms awardee_karma awarder_karma can_create_subreddit"
        " can_edit_name coins comment_karma created created_utc features force_password_reset gold_creddits"
        " gold_expiration has_android_subscription has_external_account has_gold_subscription"
        " has_ios_subscription has_mail has_mod_mail has_paypal_subscription has_stripe_subscription"
        " has_subscribed has_subscribed_to_premium has_verified_email has_visited_new_profile"
        " hide_from_robots icon_img id in_beta in_chat in_redesign_beta inbox_count is_blocked is_employee"
        " is_friend is_gold is_mod is_sponsor is_suspended link_karma modhash name new_modmail_exists"
        " num_friends over_18 password_set pref_autoplay pref_clickgadget pref_geopopular pref_nightmode"
        " pref_no_profanity pref_show_presence pref_show_snoovatar pref_show_trending pref_show_twitter"
        " pref_top_karma_subreddits pref_video_autoplay snoovatar_img snoovatar_size subreddit"
        " suspension_expiration_utc total_karma verified",
        "t3": "adserver_click_url adserver_imp_pixel all_awardings allow_live_comments approved approved_at_utc"
        " approved_by archived author author_cakeday author_flair_background_color author_flair_css_class"
        " author_flair_richtext author_flair_template_id author_flair_text author_flair_text_color"
        " author_flair_type author_fullname author_id author_is_blocked author_is_mod author_patreon_flair"
        " author_premium awarders ban_note banned_at_utc banned_by brand_safe can_gild can_mod_post category"
        " clicked collections content_categories contest_mode created created_utc crosspost_parent"
        " crosspost_parent_list disable_comments discussion_type distinguished domain downs edited event_end"
        " event_is_live event_start from from_id from_kind gallery_data gilded gildings hidden hide_score"
        " href_url id ignore_reports imp_pixel is_created_from_ads_ui is_crosspostable is_devvit_post"
        " is_gallery is_meta is_original_content is_post_update is_reddit_media_domain is_richtext_preview"
        " is_robot_indexable is_self is_video likes link_flair_background_color link_flair_css_class"
        " link_flair_richtext link_flair_template_id link_flair_text link_flair_text_color link_flair_type"
        " locked media media_embed media_metadata media_only mobile_ad_url mod_note mod_reason_by"
        " mod_reason_title mod_reports mod_reports_dismissed name no_follow num_comments num_crossposts"
        " num_duplicates num_reports original_link over_18 parent_whitelist_status permalink pinned"
        " poll_data post_hint preview previous_visits promoted promoted_by promoted_display_name"
        " promoted_url pwls quarantine removal_reason removed removed_by removed_by_category report_reasons"
        " rte_mode rtjson saved score secure_media secure_media_embed selftext selftext_html send_replies"
        " spam spoiler sr_detail steward_reports stickied subreddit subreddit_id subreddit_name_prefixed"
        " subreddit_subscribers subreddit_type suggested_sort third_party_trackers third_party_tracking"
        " third_party_tracking_2 thumbnail thumbnail_height thumbnail_width title top_awarded_type"
        " total_awards_received treatment_tags unrepliable_reason ups upvote_ratio url"
        " url_overridden_by_dest user_reports user_reports_dismissed view_count visited whitelist_status wls",
        "t4": "associated_awarding_id author author_fullname body body_html context created created_utc dest"
        " distinguished first_message first_message_name id likes name new num_comments parent_id replies"
        " score subject subreddit subreddit_name_prefixed type was_comment",
        "t5": "accept_followers accounts_active accounts_active_is_fuzzed active_user_count advertiser_category"
        " all_original_content allow_chat_post_creation allow_discovery allow_galleries allow_images"
        " allow_polls allow_prediction_contributors allow_predictions allow_predictions_tournament"
        " allow_talks allow_videogifs allow_videos allowed_media_in_comments banner_background_color"
        " banner_background_image banner_img banner_size can_assign_link_flair can_assign_user_flair coins"
        " collapse_deleted_comments collections_enabled comment_contribution_settings"
        " comment_score_hide_mins community_icon community_reviewed created created_utc description"
        " description_html disable_contributor_requests display_name display_name_prefixed"
        " emojis_custom_size emojis_enabled event_posts_enabled free_form_reports has_menu_widget header_img"
        " header_size header_title hide_ads icon_img icon_size id is_chat_post_feature_enabled"
        " is_crosspostable_subreddit is_default_banner is_default_icon is_enrolled_in_new_modmail key_color"
        " lang link_flair_enabled link_flair_position mobile_banner_image mod_permissions name"
        " notification_level original_content_tag_enabled over18 prediction_leaderboard_entry_type"
        " primary_color public_description public_description_html public_traffic quarantine"
        " restrict_commenting restrict_posting should_archive_posts should_show_media_in_comments_setting"
        " show_media show_media_preview spoilers_enabled submission_type submit_link_label submit_text"
        " submit_text_html submit_text_label subreddit_type subscribers suggested_comment_sort title url"
        " user_can_flair_in_sr user_flair_background_color user_flair_css_class user_flair_enabled_in_sr"
        " user_flair_position user_flair_richtext user_flair_template_id user_flair_text"
        " user_flair_text_color user_flair_type user_has_favorited user_is_banned user_is_contributor"
        " user_is_moderator user_is_muted user_is_subscriber user_sr_flair_enabled user_sr_theme_enabled"
        " videostream_links_count whitelist_status wiki_enabled wls",
    }.items()
}
