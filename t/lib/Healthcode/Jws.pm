# An independent signer of codes (JWS compact, HS256) and derivation of holders,
# from nothing but core Perl, so that no mistake of the module or the command is
# repeated here.  Takes header and payload as bytes: hostile ones too.

package Healthcode::Jws;

use strict;
use warnings;

use Digest::SHA qw(hmac_sha256 hmac_sha256_hex);
use Exporter qw(import);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url decode_base64url);

our @EXPORT_OK = qw(b64 unb64 json jws sign holder pepper_check revoked);

my $json = JSON::PP->new->canonical->utf8->allow_nonref;


sub b64   { encode_base64url($_[0]) }
sub unb64 { decode_base64url($_[0]) }
sub json  { $json->encode($_[0]) }


# The signature part over "header.payload", both already base64url.
sub sign {
    my ($secret, $text) = @_;
    return b64(hmac_sha256($text, $secret));
}


# A code of these header and payload bytes.
sub jws {
    my ($secret, $header, $payload) = @_;
    my $text = b64($header) . '.' . b64($payload);
    return $text . '.' . sign($secret, $text);
}


# docs/redis-keys.md, "Holder".
sub holder {
    my ($pepper, $space, $sub) = @_;
    return substr(hmac_sha256_hex("$space\0$sub", $pepper), 0, 32);
}


# docs/redis-keys.md, "Revoked codes": of a code, or of an issuer and a jti.
sub revoked {
    my ($pepper, @of) = @_;
    my $text = @of == 2 ? "\0jti\0$of[0]\0$of[1]"
                        : "\0text\0" . ($of[0] =~ s/\.[^.]*\z//r);
    return 'code:' . substr(hmac_sha256_hex($text, $pepper), 0, 32);
}


sub pepper_check {
    return substr(hmac_sha256_hex('healthcode check', $_[0]), 0, 32);
}

1;
